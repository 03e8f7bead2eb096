/*
 * Who may call what. Nobody but the owner writes a table; every way in is a function.
 */

CREATE TABLE access_profiles (
    profile     text NOT NULL CHECK (profile IN ('app', 'steward', 'operator', 'settlement', 'payout', 'auditor')),
    object      text NOT NULL,
    PRIMARY KEY (profile, object)
);
COMMENT ON TABLE access_profiles IS 'What grant_access() grants: names of functions, of views, and of tables that may be read (a lookup of points reads some with its caller''s rights).';
INSERT INTO access_profiles (profile, object)
SELECT p.profile, o.object
FROM (VALUES
    ('app', '{grant_subsidy,local_time,local_day,register_member,apply_for_partnership,decide_application,withdraw_application,invite_sales_leader,accept_invitation,
        revoke_invitation,partners,touch,place_order,place_orders,preview_order,change_order,pay_order,cancel_order,declare_interest,note_views,number_orders,payable,request_payout,
        items_on_sale,buyer_orders,campaign_board,today_board,renew_code,nearest_point,nearest_pickup,pickup_points,point_loads,waves,point_is_open,join_campaign}'::text[]),
    ('steward', '{pick_up,hand_over}'),
    ('operator', '{local_time,local_day,register_member,verify_member,begin_role,end_role,member_roles,note_leader,leader_funnel,configure,form_partnership,end_partnership,
        partners,applications,decide_application,withdraw_application,invite_sales_leader,revoke_invitation,add_community,appoint_steward,end_stewardship,steward_history,
        add_pickup_point,pickup_map,open_pickup_point,close_pickup_point,move_pickup_point,
        resize_pickup_point,reassignments,unplaced_orders,set_opening_hours,point_is_open,nearest_point,nearest_pickup,pickup_points,point_loads,waves,add_sku,describe_sku,set_sales_area,offer_sku,draft_offer,push_offer,decide_offer,withdraw_offer,set_rate,end_rate,set_tier,open_wave,create_campaign,set_minimum,set_capacity,set_limit,share_out,create_pool,restock,list_item,retire_item,publish_campaign,
        create_template,add_template_item,remove_template_item,end_template,next_round,open_next_campaign,open_due_campaigns,upcoming_campaigns,template_items,template_campaigns,
        join_campaign,close_campaign,close_due_campaigns,conclude_campaign,cancel_campaign,decide_interest,interest_board,campaign_log,number_orders,
        order_parts,preview_order,place_orders,return_payment,unmatched_payments,buyer_orders,campaign_board,supplier_items,today_board,close_wave,freeze_wave,receive_goods,dispatch_wave,arrive,hand_over_as_operator,complete_wave,expire_orders,refund_order,refund_rest,refund_orders,refund_shortage,refund_weight,
        set_liability,end_liability,
        configure_runs,plan_runs,runs,run_sheet,demand,delivery_list,sort_list,order_lines,leaderboard,add_dwellings,coverage,point_reach,white_spots,repurchase,
        items_on_sale,offer_history,stock_levels,settings,skus,sku_communities,offers,rates,leader_tiers,campaigns,campaign_sellers,campaign_items,item_rates,limits,quotas,campaign_templates,
        add_channel,configure_channel,channel_rules,rule_kinds,set_payout_terms}'),
    ('settlement', '{settlements,calendars,settlement_progress,create_calendar,set_campaign_calendar,set_supplier_calendar,preview_settlement,open_settlement,part_settlement,
        sum_part,post_settlement,settle_calendar,explain,statement,statement_orders,issue_statement,verify,verify_ledger,verify_adjustments,verify_penalties,verify_orders,verify_payments,verify_subsidies,verify_stock,verify_templates,verify_skus,verify_offers,verify_item_rates,
        verify_points,verify_lists,verify_runs,verify_people,verify_refunds,verify_settlements,verify_payouts,verify_bills,verify_statements,verify_entry_fees,verify_period_runs,
        verify_bonuses,verify_traffic,verify_tax,reconcile,balances,balance_at,turnover,trial_balance,trial_balance_at,
        close_books,take_checkpoint,hold,post_hold,void_hold,expire_holds,holds,debts,debt_ageing,repay_debt,write_off_debt,write_offs,
        propose_adjustment,propose_reversal,approve_adjustment,withdraw_adjustment,adjustments,receive_deposit,return_deposit,impose_penalty,penalties,conservation,
        set_entry_fee,end_entry_fee,accrue_fees,set_bonus,end_bonus,compute_bonuses,set_tariff,end_tariff,charge_traffic,set_tax_rule,withhold_tax,tax_certificate,pay_tax,
        create_subsidy,resize_subsidy,charge_subsidies,entry_fees,fee_runs,fee_lines,bonus_rules,tariffs,period_runs,period_lines,tax_rules,tax_runs,tax_lines,subsidies,order_subsidies,refunded_subsidies}'),
    ('payout', '{make_payout,approve_payout,withdraw_payout,payable,set_payout_terms,send_transfers,confirm_transfer,fail_transfer,return_transfer,resolve_dispute,open_disputes,
        load_bill,sweep_channel,reconcile,reconcile_channel,reconcile_totals,channel_rules,rule_kinds,balances,balance_at}'),
    ('auditor', '{verify,verify_ledger,verify_adjustments,verify_penalties,verify_orders,verify_payments,verify_subsidies,verify_stock,verify_templates,verify_skus,verify_offers,verify_item_rates,
        verify_points,verify_lists,verify_runs,verify_people,verify_refunds,verify_settlements,verify_payouts,verify_bills,verify_statements,verify_entry_fees,verify_period_runs,
        verify_bonuses,verify_traffic,verify_tax,reconcile,explain,statement,statement_orders,balances,balance_at,turnover,trial_balance,trial_balance_at,account_kinds,calendars,settlement_progress,checkpoints,holds,debts,debt_ageing,adjustments,penalties,liabilities,refunds,write_offs,conservation,journals,postings,settlements,payouts,payout_lines,open_disputes,
        reconcile_channel,reconcile_totals,statements,
        tax_certificate,entry_fees,fee_runs,fee_lines,bonus_rules,tariffs,period_runs,period_lines,tax_rules,tax_runs,tax_lines,subsidies,order_subsidies,refunded_subsidies}')
) p(profile, objects) CROSS JOIN LATERAL unnest(p.objects) o(object);

CREATE FUNCTION grant_access(role name, profile text)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    -- The oid of this very function: its schema is the market.
    v_schema regnamespace := (SELECT p.pronamespace FROM pg_proc p WHERE p.oid = to_regprocedure('grant_access(name, text)'));
    v_function regprocedure;
    v_relation regclass;
BEGIN
    IF NOT EXISTS (SELECT FROM access_profiles a WHERE a.profile = grant_access.profile) THEN
        RAISE EXCEPTION 'profile "%" does not exist', profile
            USING ERRCODE = '22023', HINT = 'Profiles are app, steward, operator, settlement, payout and auditor.';
    END IF;
    IF role = 'public' THEN
        RAISE EXCEPTION 'a profile is granted to a role, not to everybody' USING ERRCODE = '22023';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', v_schema, role);
    FOR v_function IN
        SELECT p.oid FROM pg_proc p JOIN access_profiles a ON a.profile = grant_access.profile AND a.object = p.proname
        WHERE p.pronamespace = v_schema
    LOOP
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %I', v_function, role);
    END LOOP;
    FOR v_relation IN
        SELECT c.oid FROM pg_class c JOIN access_profiles a ON a.profile = grant_access.profile AND a.object = c.relname
        WHERE c.relnamespace = v_schema AND c.relkind IN ('r', 'v', 'p')
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO %I', v_relation, role);
    END LOOP;
END
$$;
COMMENT ON FUNCTION grant_access(name, text) IS
    'Grants a role what a profile may do: app, steward, operator, settlement, payout or auditor. Call it as the owner of the market. '
    'Errors: 22023 unknown profile or public, 42704 unknown role.';

DO $$
DECLARE
    v_function regprocedure;
BEGIN
    FOR v_function IN
        SELECT p.oid FROM pg_proc p WHERE p.pronamespace = quote_ident(current_schema())::regnamespace
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', v_function);
    END LOOP;
END
$$;
